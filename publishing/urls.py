from django.urls import path, re_path

from publishing import views

app_name = "publishing"

urlpatterns = [
    path("releases/", views.release_list, name="releases"),
    path("releases/<int:pk>/", views.release_detail, name="release"),
    re_path(
        r"^releases/(?P<pk>\d+)/(?P<act>hold|resume|cancel|send_late|drop)/$",
        views.release_act,
        name="release-act",
    ),
    path("ledger/", views.ledger, name="ledger"),
    path("ledger/<int:pk>/", views.delivery_detail, name="delivery"),
    path("ledger/<int:pk>/settle/", views.delivery_settle, name="delivery-settle"),
    path("ledger/<int:pk>/retry/", views.delivery_retry, name="delivery-retry"),
    path("cadences/", views.cadence_list, name="cadences"),
    path("accounts/", views.account_list, name="accounts"),
    path("presses/stop/", views.stop_presses, name="stop"),
    path("presses/<int:pk>/lift/", views.stop_lift, name="lift"),
    path("installation/claim/", views.installation_claim, name="installation-claim"),
]
