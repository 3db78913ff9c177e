"""The bundled source sites: a small generated world, and web sites on loopback that show it.

All of it is generated from a seed: no home, person, telephone number or e-mail address in it is real. It stands in
for the sites that the product reads, in demos and in end-to-end tests; it knows nothing of the code that reads it.
"""
