import globals from 'globals';

// What the page must never do with text from a job: turn it into HTML or code.
const MARKUP = 'Text reaches the page through the canvas or textContent only.';
const markup = ['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'setHTML', 'setHTMLUnsafe', 'write', 'writeln'].map(
  (property) => ({property, message: MARKUP}),
);

export default [
  {
    files: ['**/*.js'],
    ignores: ['node_modules/**'],
    languageOptions: {
      ecmaVersion: 2025,
      sourceType: 'module',
      globals: {...globals.browser, ...globals.node},
    },
    linterOptions: {reportUnusedDisableDirectives: 'error'},
    rules: {
      'eqeqeq': 'error',
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-new-func': 'error',
      'no-restricted-properties': ['error', ...markup],
      'no-undef': 'error',
      'no-unused-vars': 'error',
      'no-var': 'error',
      'no-shadow': 'error',
      'no-empty': 'error',
      'no-constant-condition': 'error',
      'no-unreachable': 'error',
      'no-fallthrough': 'error',
      'prefer-const': 'error',
      'object-shorthand': 'error',
      'max-len': ['error', {code: 130, ignoreStrings: true, ignoreTemplateLiterals: true}],
      'max-lines-per-function': ['error', {max: 70}],
      'complexity': ['error', 14],
    },
  },
];
