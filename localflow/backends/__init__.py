"""Where attempts run: the protocol and its implementations."""
