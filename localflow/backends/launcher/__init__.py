"""Standard-library-only programs that run beside the user's command, with any Python 3.9 or later."""
