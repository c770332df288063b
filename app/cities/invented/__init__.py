"""An invented city inside a real outline: the same seed gives the same city. Nothing here touches the database."""
