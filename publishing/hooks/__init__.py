"""How each service outside words and signs what it tells. Pure: bytes in, `Told` out."""
