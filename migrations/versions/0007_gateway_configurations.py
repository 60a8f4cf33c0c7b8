"""gateway configurations, and single requests"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

LIVE = sa.text('deleted_at IS NULL')


def upgrade() -> None:
    with op.batch_alter_table('gateway_configurations', schema=None) as batch_op:
        batch_op.add_column(sa.Column('models', sa.Text(), server_default='[]', nullable=False))
        batch_op.add_column(sa.Column('record_texts', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.drop_constraint('uq_gateway_configurations_workspace_id_name', type_='unique')
        batch_op.create_index('uq_gateway_configurations_live_name', ['workspace_id', 'name'], unique=True, sqlite_where=LIVE, postgresql_where=LIVE)

    op.create_table('gateway_requests',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('workspace_id', sa.Uuid(), nullable=False),
    sa.Column('configuration_id', sa.Uuid(), nullable=False),
    sa.Column('key_id', sa.Uuid(), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('endpoint', sa.String(length=40), nullable=False),
    sa.Column('model', sa.String(length=100), nullable=False),
    sa.Column('status', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=100), nullable=False),
    sa.Column('input_tokens', sa.BigInteger(), nullable=False),
    sa.Column('output_tokens', sa.BigInteger(), nullable=False),
    sa.Column('milliseconds', sa.Integer(), nullable=False),
    sa.Column('texts', sa.LargeBinary(), nullable=True),
    sa.ForeignKeyConstraint(['configuration_id'], ['gateway_configurations.id'], name=op.f('fk_gateway_requests_configuration_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['key_id'], ['gateway_keys.id'], name=op.f('fk_gateway_requests_key_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_gateway_requests_workspace_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_gateway_requests'))
    )
    with op.batch_alter_table('gateway_requests', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_gateway_requests_configuration_id_started_at_id'), ['configuration_id', 'started_at', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_gateway_requests_started_at'), ['started_at'], unique=False)


def downgrade() -> None:
    op.drop_table('gateway_requests')
    # Their keys were deleted with them, and what those used.
    op.execute('DELETE FROM gateway_usage WHERE key_id IN (SELECT k.id FROM gateway_keys k JOIN gateway_configurations c ON c.id = k.configuration_id WHERE c.deleted_at IS NOT NULL)')
    for table in ('gateway_reservations', 'gateway_minutes'):
        op.execute(f'DELETE FROM {table} WHERE key_id IN (SELECT k.id FROM gateway_keys k JOIN gateway_configurations c ON c.id = k.configuration_id WHERE c.deleted_at IS NOT NULL)')
    op.execute('DELETE FROM gateway_keys WHERE configuration_id IN (SELECT id FROM gateway_configurations WHERE deleted_at IS NOT NULL)')
    op.execute('DELETE FROM gateway_configurations WHERE deleted_at IS NOT NULL')
    with op.batch_alter_table('gateway_configurations', schema=None) as batch_op:
        batch_op.drop_index('uq_gateway_configurations_live_name', sqlite_where=LIVE, postgresql_where=LIVE)
        batch_op.create_unique_constraint('uq_gateway_configurations_workspace_id_name', ['workspace_id', 'name'])
        for column in ('deleted_at', 'record_texts', 'models'):
            batch_op.drop_column(column)
