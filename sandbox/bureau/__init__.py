"""An e-tax bureau (电子税务局) without its notation: sign-in, sessions, 银税授权. Families word it."""
