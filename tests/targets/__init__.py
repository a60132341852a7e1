"""Tiny servers that engines are tried on."""
