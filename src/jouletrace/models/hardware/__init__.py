"""Energy and time of a machine at work: devices, links and systems, and what they are asked to do.

``state`` says what a machine, a model and a load are; ``iteration`` what one pass over the weights costs;
``workloads`` what a token, a request, an image, a recommendation, a translation or an inference costs.
The kernels take and return tuples of scalars and are mapped over points from outside.
"""
