"""`make shots`: pictures of every page for docs/, taken on the walk that the tests take."""
