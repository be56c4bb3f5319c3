"""Questions asked of assessments and of whole casebooks, each in a module named by what it does."""
