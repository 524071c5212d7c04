/**
 * Checks custom resources against the schemas their operators publish: a JSON list of documents
 * comes in, a JSON list of complaints (`Kind/name: what`) goes out.
 */

import {ScaledObject} from '@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject';
import {TriggerAuthentication} from '@kubernetes-models/keda/keda.sh/v1alpha1/TriggerAuthentication';
import {ServiceMonitor} from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor';
import {readFileSync} from 'node:fs';

const kinds = {ScaledObject, TriggerAuthentication, ServiceMonitor};

/** @param {any} document @returns {string[]} */
function complaints(document) {
  const name = `${document.kind}/${document.metadata.name}`;
  const Kind = kinds[/** @type {keyof typeof kinds} */ (document.kind)];
  if (!Kind) return [`${name}: no schema of this kind is known`];
  try {
    new Kind(document).validate();
    return [];
  } catch (error) {
    return [`${name}: ${/** @type {Error} */ (error).message}`];
  }
}

const documents = JSON.parse(readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(documents.flatMap(complaints)));
