"""The one address of contexts."""

from django.urls import path

from ocp import views

urlpatterns = [path("ocp/contexts/<str:context_id>", views.ContextViewSet.as_view({"get": "retrieve"}), name="context")]
