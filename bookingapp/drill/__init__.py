"""The fire drill: hard weather in a throw-away cinema, and what customers and staff see of it.

`house.py` opens the cinema, `people.py` are its customer and its manager, `cases.py` what happens,
`play.py` does it and compares, `cli.py` is the command.
"""
