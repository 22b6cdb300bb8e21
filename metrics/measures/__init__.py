"""Rows in, numbers out: one function per metric, asked with a `Scope`, answered with a `Measure`."""
