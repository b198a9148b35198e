"""Reports as pages that need nothing beside them: no script, no font, no network."""
