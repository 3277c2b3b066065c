"""The local cloud: AWS for the templates of this project, on loopback, on a virtual clock."""
