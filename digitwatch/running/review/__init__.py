"""The page in the browser on which people say what is right."""
