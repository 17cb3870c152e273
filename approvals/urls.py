from django.urls import path

from approvals import views

app_name = "approvals"

urlpatterns = [
    path("reviews/", views.queue_page, name="queue"),
    path("reviews/<int:pk>/", views.review_page, name="review"),
    path("reviews/<int:pk>/decide/", views.decide, name="decide"),
    path("reviews/<int:pk>/take-back/", views.take_back, name="take-back"),
    path("drafts/<int:draft_pk>/submit/", views.submit, name="submit"),
    path("policy/", views.policy_page, name="policy"),
]
