revision, down_revision = "a1", None
