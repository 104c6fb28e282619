package authz

// VisibleByRule evaluates the rule of visibility: the oracle of filters.
var VisibleByRule = (*Engine).visibleByRule
