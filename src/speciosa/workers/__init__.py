"""Work spread over processes and machines, with Dask: tasks with keys, run anywhere, gathered in their order.

What is spread knows nothing of how: a room hands over `Task`s and gets their results. Results do not depend on the number
of workers, on who did what, or on a worker that died on the way.
"""

from speciosa.errors import ClusterError
from speciosa.workers.connect import cluster
from speciosa.workers.tasks import Cluster, Task

__all__ = ["Cluster", "ClusterError", "Task", "cluster"]
