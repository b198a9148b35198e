"""Policy: what people decide, as versioned data; ``model`` is its shape, ``loader`` reads a version."""
