"""`python -m tests.translation`: bring the German catalogue up to date with the sources, and compile it.

What is new stands there with an empty translation, which the tests complain about; what is no longer said is dropped.
"""

import django
from django.conf import settings

from tests.translation import catalogue, sources


def main() -> None:
    settings.configure()
    django.setup()
    texts = list(sources.said())
    catalogue.write(catalogue.bring_up_to_date(catalogue.read(), texts))
    left = list(catalogue.complaints(catalogue.read(), texts))
    print("\n".join(left) if left else "Every text is translated.")


if __name__ == "__main__":
    main()
