"""Access of the bank's own people: users with a second factor, roles, sessions, four eyes, unmasking."""
