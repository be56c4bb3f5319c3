"""Pages for a browser: the report as one HTML file. Templates are shared by everything that shows an assessment."""
