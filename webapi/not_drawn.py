"""Fields of the web app's PosterConfig that no poster ever showed."""

# Previews, 3D printing, an unprinted line, colours the web app itself does not use. By the
# dataclass whose section they would stand in; any value passes.
IGNORED: dict[str, frozenset[str]] = {
    "PosterConfig": frozenset({"rendering", "stl", "is3DMode"}),
    "Location": frozenset({"subtitle"}),
    "Building3D": frozenset({"colorRoof", "colorEdge", "floodLightColor"}),
}
