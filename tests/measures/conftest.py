from hypothesis import settings

# No deadline: two busy cores make a slow example, not a wrong one.
settings.register_profile("measures", deadline=None, max_examples=40, database=None)
settings.load_profile("measures")
