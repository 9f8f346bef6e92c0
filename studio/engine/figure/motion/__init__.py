"""Figures that move: motions as data, feet that stay where they stand, cloth and hair that follow."""
