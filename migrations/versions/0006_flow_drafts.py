"""drafts of flows, and who saved a flow"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('flows', schema=None) as batch_op:
        batch_op.add_column(sa.Column('saved_by_id', sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column('saved_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_flows_saved_by_id'), 'users', ['saved_by_id'], ['id'], ondelete='SET NULL')

    op.create_table('flow_drafts',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('workspace_id', sa.Uuid(), nullable=False),
    sa.Column('flow_id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('base', sa.Integer(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('graph', sa.Text(), nullable=True),
    sa.Column('step', sa.Integer(), nullable=False),
    sa.Column('saved_step', sa.Integer(), nullable=True),
    sa.Column('saved_token', sa.String(length=40), nullable=True),
    sa.Column('sent', sa.String(length=64), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['flow_id'], ['flows.id'], name=op.f('fk_flow_drafts_flow_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_flow_drafts_user_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_flow_drafts_workspace_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_flow_drafts')),
    sa.UniqueConstraint('flow_id', 'user_id', name=op.f('uq_flow_drafts_flow_id_user_id'))
    )
    with op.batch_alter_table('flow_drafts', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_flow_drafts_user_id'), ['user_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_flow_drafts_workspace_id'), ['workspace_id'], unique=False)

    op.create_table('flow_draft_steps',
    sa.Column('draft_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('said', sa.String(length=200), nullable=False),
    sa.Column('splices', sa.Text(), nullable=False),
    sa.Column('characters', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['draft_id'], ['flow_drafts.id'], name=op.f('fk_flow_draft_steps_draft_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('draft_id', 'number', name=op.f('pk_flow_draft_steps'))
    )


def downgrade() -> None:
    for table in ('flow_draft_steps', 'flow_drafts'):
        op.drop_table(table)
    with op.batch_alter_table('flows', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_flows_saved_by_id'), type_='foreignkey')
        batch_op.drop_column('saved_at')
        batch_op.drop_column('saved_by_id')
