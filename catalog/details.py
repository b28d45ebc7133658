"""What a product's JSON columns hold.

They go to agents as they are, in documents whose schemas are closed: what staff type is refused here, in the form,
and never later, in an answer.
"""

from typing import Annotated, Any, Literal

from django.core.exceptions import ValidationError
from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter
from pydantic import ValidationError as Invalid

Text = Annotated[str, StringConstraints(min_length=1)]


class Detail(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Disclosure(Detail):
    """What the buyer must be told before paying. Markdown holds no raw HTML."""

    type: Literal["disclaimer"]
    content_type: Literal["plain", "markdown"]
    content: Text


class CustomAttribute(Detail):
    display_name: Text
    value: Text


class VariantOption(Detail):
    name: Text
    value: Text


_TEXTS = TypeAdapter(list[Text])
_IMAGES = TypeAdapter(list[Annotated[str, StringConstraints(pattern=r"^(/|https?://)\S+$")]])
_DISCLOSURES = TypeAdapter(list[Disclosure])
_CUSTOM_ATTRIBUTES = TypeAdapter(list[CustomAttribute])
_VARIANT_OPTIONS = TypeAdapter(list[VariantOption])


def validate_texts(value: Any) -> None:
    _validate(_TEXTS, value)


def validate_images(value: Any) -> None:
    _validate(_IMAGES, value)


def validate_disclosures(value: Any) -> None:
    _validate(_DISCLOSURES, value)


def validate_custom_attributes(value: Any) -> None:
    _validate(_CUSTOM_ATTRIBUTES, value)


def validate_variant_options(value: Any) -> None:
    _validate(_VARIANT_OPTIONS, value)


def _validate(adapter: TypeAdapter[Any], value: Any) -> None:
    try:
        adapter.validate_python(value)
    except Invalid as invalid:
        first = invalid.errors()[0]
        where = "".join(f"[{step!r}]" for step in first["loc"])
        raise ValidationError(f"{where}: {first['msg']}" if where else first["msg"]) from invalid
