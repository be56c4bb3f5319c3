"""Settings for all tests."""

from hypothesis import settings

# Machines that are shared or busy are slow now and then, and that is no failure. With CI set in the environment,
# Hypothesis uses its own "ci" profile instead, which also fixes the examples.
if settings.get_current_profile_name() == "default":
    settings.register_profile("patient", deadline=None)
    settings.load_profile("patient")
# For `--hypothesis-profile=quick`: few examples, always the same ones.
settings.register_profile("quick", settings.get_profile("ci"), max_examples=20)
