"""the API gateway"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

LIVE = sa.text('deleted_at IS NULL')


def upgrade() -> None:
    with op.batch_alter_table('language_models', schema=None) as batch_op:
        batch_op.add_column(sa.Column('position', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('input_price', sa.BigInteger(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('output_price', sa.BigInteger(), server_default='0', nullable=False))
        batch_op.drop_constraint('uq_language_models_workspace_id_name_key', type_='unique')
        batch_op.create_unique_constraint('uq_language_models_workspace_id_name_key_position', ['workspace_id', 'name_key', 'position'])

    op.create_table('gateway_configurations',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('workspace_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_gateway_configurations_workspace_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_gateway_configurations')),
    sa.UniqueConstraint('workspace_id', 'name', name=op.f('uq_gateway_configurations_workspace_id_name'))
    )
    op.create_table('gateway_keys',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('workspace_id', sa.Uuid(), nullable=False),
    sa.Column('configuration_id', sa.Uuid(), nullable=False),
    sa.Column('label', sa.String(length=100), nullable=False),
    sa.Column('label_key', sa.String(length=300), nullable=False),
    sa.Column('digest', sa.LargeBinary(length=32), nullable=False),
    sa.Column('hint', sa.String(length=20), nullable=False),
    sa.Column('models', sa.Text(), nullable=False),
    sa.Column('requests_per_minute', sa.Integer(), nullable=True),
    sa.Column('tokens_per_minute', sa.Integer(), nullable=True),
    sa.Column('budget_tokens', sa.BigInteger(), nullable=True),
    sa.Column('budget_money', sa.BigInteger(), nullable=True),
    sa.Column('spent_tokens', sa.BigInteger(), nullable=False),
    sa.Column('spent_money', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('paused_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('deleted_by_id', sa.Uuid(), nullable=True),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_used_address', sa.String(length=45), nullable=True),
    sa.Column('form_token', sa.String(length=64), nullable=True),
    sa.ForeignKeyConstraint(['configuration_id'], ['gateway_configurations.id'], name=op.f('fk_gateway_keys_configuration_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_gateway_keys_created_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['deleted_by_id'], ['users.id'], name=op.f('fk_gateway_keys_deleted_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_gateway_keys_workspace_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_gateway_keys')),
    sa.UniqueConstraint('workspace_id', 'form_token', name=op.f('uq_gateway_keys_workspace_id_form_token'))
    )
    with op.batch_alter_table('gateway_keys', schema=None) as batch_op:
        batch_op.create_index('uq_gateway_keys_live_label', ['workspace_id', 'label_key'], unique=True, sqlite_where=LIVE, postgresql_where=LIVE)
        batch_op.create_index('uq_gateway_keys_live_digest', ['digest'], unique=True, sqlite_where=LIVE, postgresql_where=LIVE)
        batch_op.create_index('ix_gateway_keys_digest', ['digest', 'deleted_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_gateway_keys_configuration_id'), ['configuration_id'], unique=False)

    op.create_table('gateway_usage',
    sa.Column('key_id', sa.Uuid(), nullable=False),
    sa.Column('day', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('model', sa.String(length=100), nullable=False),
    sa.Column('requests', sa.BigInteger(), nullable=False),
    sa.Column('errors', sa.BigInteger(), nullable=False),
    sa.Column('input_tokens', sa.BigInteger(), nullable=False),
    sa.Column('output_tokens', sa.BigInteger(), nullable=False),
    sa.Column('money', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['key_id'], ['gateway_keys.id'], name=op.f('fk_gateway_usage_key_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('key_id', 'day', 'model', name=op.f('pk_gateway_usage'))
    )
    op.create_table('gateway_reservations',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('key_id', sa.Uuid(), nullable=False),
    sa.Column('tokens', sa.BigInteger(), nullable=False),
    sa.Column('money', sa.BigInteger(), nullable=False),
    sa.Column('until', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['key_id'], ['gateway_keys.id'], name=op.f('fk_gateway_reservations_key_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_gateway_reservations'))
    )
    with op.batch_alter_table('gateway_reservations', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_gateway_reservations_key_id'), ['key_id'], unique=False)

    op.create_table('gateway_minutes',
    sa.Column('key_id', sa.Uuid(), nullable=False),
    sa.Column('minute', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('requests', sa.Integer(), nullable=False),
    sa.Column('tokens', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['key_id'], ['gateway_keys.id'], name=op.f('fk_gateway_minutes_key_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('key_id', 'minute', name=op.f('pk_gateway_minutes'))
    )
    _give_each_workspace_one()


def _give_each_workspace_one() -> None:
    connection = op.get_bind()
    workspaces = connection.execute(sa.select(sa.table('workspaces', sa.column('id', sa.Uuid())))).scalars().all()
    configurations = sa.table(
        'gateway_configurations',
        sa.column('id', sa.Uuid()),
        sa.column('workspace_id', sa.Uuid()),
        sa.column('name', sa.String()),
        sa.column('created_at', sa.DateTime(timezone=True)),
    )
    now = datetime.now(UTC)
    if connection.dialect.name == 'sqlite':
        now = now.replace(tzinfo=None)
    for workspace_id in workspaces:
        connection.execute(sa.insert(configurations).values(id=uuid4(), workspace_id=workspace_id, name='default', created_at=now))


def downgrade() -> None:
    for table in ('gateway_minutes', 'gateway_reservations', 'gateway_usage', 'gateway_keys', 'gateway_configurations'):
        op.drop_table(table)
    # A name has one upstream again: the first.
    op.execute('DELETE FROM language_models WHERE position > 0')
    with op.batch_alter_table('language_models', schema=None) as batch_op:
        batch_op.drop_constraint('uq_language_models_workspace_id_name_key_position', type_='unique')
        batch_op.create_unique_constraint('uq_language_models_workspace_id_name_key', ['workspace_id', 'name_key'])
        for column in ('output_price', 'input_price', 'position'):
            batch_op.drop_column(column)
