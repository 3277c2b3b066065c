"""Parts of the stacks. Only the stacks import them."""
