"""Measures that need a browser: from an event to the screen, from an address to a usable page.

python -m tests.benchmarks.screen --events 500
python -m tests.benchmarks.first_load --url postgresql://… --contacts 1000000
"""
