"""The page in the browser: one address, one case, one view; every view has a JSON twin. Nothing is stored."""
