-- What pages of lists are taken from, in their orders. Made when the rows are filled; they are read meanwhile. Statements
-- name the kind, so that an index of one kind costs the other nothing.
create index child_class on child (source, kind, class, updated_on, position);
create index child_label on child (source, label, position) where kind = 'concept';
create index child_datatype on child (source, datatype, updated_on, position) where kind = 'concept';
create index child_from_code on child (source, from_code, position) where kind = 'mapping';
create index child_to_code on child (source, to_code, position) where kind = 'mapping';
