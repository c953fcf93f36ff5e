"""Ultrasound images in a served folder, beside CT: one server for all tests, and what clients send and get."""
