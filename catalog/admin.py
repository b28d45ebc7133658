"""The catalogue as staff keep it."""

from django.contrib import admin
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from catalog.models import Fee, Product, Promotion, ShippingOption, ShippingRate, TaxRate


@admin.register(Product)
class ProductAdmin(ModelAdmin):
    list_display = ["title", "id", "unit_amount", "currency", "stock", "availability", "is_active"]
    list_filter = ["is_active", "is_digital", "currency", "category"]
    search_fields = ["id", "title", "sku", "description"]
    ordering = ["title"]
    fieldsets = [
        (None, {"fields": ["id", "title", "description", "images", "is_active"]}),
        ("Price", {"fields": ["unit_amount", "discount_amount", "currency", "tax_exempt"]}),
        ("Stock and shipping", {"fields": ["stock", "max_quantity_per_order", "is_digital", "free_shipping"]}),
        (
            "What agents show",
            {
                "classes": ["collapse"],
                "fields": [
                    *("sku", "category", "tags", "seller_name"),
                    *("variant_options", "custom_attributes", "disclosures"),
                ],
            },
        ),
    ]

    @display(
        description="availability",
        label={"in_stock": "success", "low_stock": "warning", "out_of_stock": "danger"},
    )
    def availability(self, product):
        return product.availability_status, product.availability_status.replace("_", " ")

    def get_readonly_fields(self, request, obj=None):
        return ["id"] if obj else []

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """Have the form carry the stock it showed, to tell an edit from a sale."""
        if db_field.name == "stock":
            kwargs["show_hidden_initial"] = True
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request, obj, form, change):
        """Write only what was edited: units sold while the form was open must stay sold."""
        obj.save(update_fields=form.changed_data if change else None)


class ShippingRateInline(TabularInline):
    model = ShippingRate
    fields = ["country", "state", "currency", "amount"]
    ordering = ["country", "state"]
    extra = 0
    hide_title = True


@admin.register(ShippingOption)
class ShippingOptionAdmin(ModelAdmin):
    list_display = ["title", "id", "carrier", "min_days", "max_days", "honors_free_shipping", "is_active"]
    list_filter = ["is_active"]
    search_fields = ["id", "title", "carrier"]
    ordering = ["title"]
    fields = [
        *("id", "aliases", "title", "description", "carrier"),
        *("min_days", "max_days", "honors_free_shipping", "is_active"),
    ]
    inlines = [ShippingRateInline]

    def get_readonly_fields(self, request, obj=None):
        return ["id"] if obj else []


@admin.register(TaxRate)
class TaxRateAdmin(ModelAdmin):
    list_display = ["country", "state", "goods_bps", "shipping_bps"]
    list_filter = ["country"]
    search_fields = ["country", "state"]
    ordering = ["country", "state"]


@admin.register(Promotion)
class PromotionAdmin(ModelAdmin):
    list_display = ["name", "rate_bps", "minimum_amount", "currency", "is_active"]
    list_filter = ["is_active", "currency"]
    search_fields = ["name"]
    ordering = ["name"]


@admin.register(Fee)
class FeeAdmin(ModelAdmin):
    list_display = ["name", "amount", "currency", "is_active"]
    list_filter = ["is_active", "currency"]
    search_fields = ["name"]
    ordering = ["name"]
