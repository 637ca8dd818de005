"""Models: pure functions of JAX, named after what they return, their arguments after what they need."""
