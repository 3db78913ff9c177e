"""How long tasks may run that wait for other people's servers: those of the queue ``ai``.

Which tasks they are is said in ``CELERY_TASK_ROUTES``. That a question to a model ends before its task does is
proved at start-up (``ai.checks``).
"""

from typing import Final

AI_SOFT_SECONDS: Final = 540
AI_HARD_SECONDS: Final = 600
