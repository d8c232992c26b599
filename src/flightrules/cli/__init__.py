"""The command line: one file a command. It holds no rules of a release."""
