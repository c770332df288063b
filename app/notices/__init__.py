"""Notices: who is told what, in the application, by e-mail and to other systems. Knows no domain."""
