"""Posters of any film: stored as small files, their two colours, and one drawn from a mere title.

`save` keeps a picture, `titled` draws for a film that has none; `canvas` and `lettering` are the
sheet and the type that every drawn poster uses.
"""

from bookingapp.posters.palette import palette_of
from bookingapp.posters.store import PosterFiles, file_name, save
from bookingapp.posters.titled import titled

__all__ = ["PosterFiles", "file_name", "palette_of", "save", "titled"]
