"""Text, Markdown and JSON of what was found. Nothing is computed here: a renderer only chooses words and places."""
