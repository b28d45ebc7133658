"""Where an order goes, as rates see it. Shipping and taxes both ask by destination; people's names are not theirs."""

from dataclasses import dataclass

ANYWHERE = "*"


@dataclass(frozen=True)
class Destination:
    """A place by its codes: country in ISO 3166-1 (`US`), state as its post knows it (`NY`; `US-NY` says the same)."""

    country: str
    state: str = ""
    postal_code: str = ""
    city: str = ""

    def __post_init__(self) -> None:
        country = self.country.strip().upper()
        object.__setattr__(self, "country", country)
        object.__setattr__(self, "state", self.state.strip().upper().removeprefix(f"{country}-"))
