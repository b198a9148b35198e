"""Portal families of the sandbox: what one kind of portal answers."""
