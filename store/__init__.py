"""The store: tables and migrations. It keeps ids, states, codes and counts; everything secret is a vault
reference."""
