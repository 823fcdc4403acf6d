"""The look: stylesheets, parts and the small scripts."""
