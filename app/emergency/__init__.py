"""Emergency events (突发事件)."""
