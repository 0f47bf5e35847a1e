"""How fast it is: each figure against a limit measured in the same run on the same machine.

`make bench` runs all of it; `make bench ARGS="pages"` a part. Not part of the product.
"""
