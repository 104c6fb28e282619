package fault

// Codes of input.
const (
	InvalidArgument     Code = "INVALID_ARGUMENT"
	JSONInvalid         Code = "JSON_INVALID"
	UnknownField        Code = "UNKNOWN_FIELD"
	BodyTooLarge        Code = "BODY_TOO_LARGE"
	BodyTooSlow         Code = "BODY_TOO_SLOW"
	IDMalformed         Code = "ID_MALFORMED"
	TextInvalid         Code = "TEXT_INVALID"
	PageSizeTooLarge    Code = "PAGE_SIZE_TOO_LARGE"
	PageTokenInvalid    Code = "PAGE_TOKEN_INVALID"
	QueryInvalid        Code = "QUERY_INVALID"
	RequestIDInvalid    Code = "REQUEST_ID_INVALID"
	RequestIDTwice      Code = "REQUEST_ID_TWICE"
	BatchSizeInvalid    Code = "BATCH_SIZE_INVALID"
	BatchMixed          Code = "BATCH_MIXED"
	QuantityInvalid     Code = "QUANTITY_INVALID"
	QuantityNotMultiple Code = "QUANTITY_NOT_MULTIPLE"
	BelowMOQ            Code = "BELOW_MOQ"
	PriceInvalid        Code = "PRICE_INVALID"
	AmountOverflow      Code = "AMOUNT_OVERFLOW"
	CreditCodeInvalid   Code = "CREDIT_CODE_INVALID"
	DivisionNotValid    Code = "DIVISION_NOT_VALID"
	DatesInvalid        Code = "DATES_INVALID"
	JurisdictionInvalid Code = "JURISDICTION_INVALID"
	RoleInvalid         Code = "ROLE_INVALID"
	KeySetInvalid       Code = "KEY_SET_INVALID"
	SideInvalid         Code = "SIDE_INVALID"
	PaymentInvalid      Code = "PAYMENT_INVALID"
	ReservePlanInvalid  Code = "RESERVE_PLAN_INVALID"
	LimitInvalid        Code = "LIMIT_INVALID"
	AsOfInvalid         Code = "AS_OF_INVALID"
	TargetInvalid       Code = "TARGET_INVALID"
	TargetUnitUnknown   Code = "TARGET_UNIT_UNKNOWN"
	DisputeInvalid      Code = "DISPUTE_INVALID"
	LotInvalid          Code = "LOT_INVALID"
	PeriodInvalid       Code = "PERIOD_INVALID"
	BankFileInvalid     Code = "BANK_FILE_INVALID"
	BankAccountUnknown  Code = "BANK_ACCOUNT_UNKNOWN"
	BankCurrency        Code = "BANK_CURRENCY"
	InvoiceInvalid      Code = "INVOICE_INVALID"
	ContractInvalid     Code = "CONTRACT_INVALID"
	IntentInvalid       Code = "INTENT_INVALID"
	GroupInvalid        Code = "GROUP_INVALID"
	StandingInvalid     Code = "STANDING_INVALID"
	StandingUnbounded   Code = "STANDING_UNBOUNDED"
	ReliefPrice         Code = "RELIEF_PRICE"
	DemandKeyInvalid    Code = "DEMAND_KEY_INVALID"
	QuoteInvalid        Code = "QUOTE_INVALID"
	QuoteDiffers        Code = "QUOTE_DIFFERS"
	AwardInvalid        Code = "AWARD_INVALID"
	ConsentInvalid      Code = "CONSENT_INVALID"
	PairTagsOverlap     Code = "PAIR_TAGS_OVERLAP"
)

// Codes of what proves the ledger.
const (
	ProofInvalid      Code = "PROOF_INVALID"
	CheckpointInvalid Code = "CHECKPOINT_INVALID"
	SealKeyInvalid    Code = "SEAL_KEY_INVALID"
	LedgerDiffers     Code = "LEDGER_DIFFERS"
	NotSealed         Code = "NOT_SEALED"
	SubmissionInvalid Code = "SUBMISSION_INVALID"
	SigningKeyAway    Code = "SIGNING_KEY_MISSING"
)

// Codes of identity.
const (
	TokenMissing      Code = "TOKEN_MISSING"
	TokenInvalid      Code = "TOKEN_INVALID"
	TokenExpired      Code = "TOKEN_EXPIRED"
	TokenNotYetValid  Code = "TOKEN_NOT_YET_VALID"
	TokenAudience     Code = "TOKEN_AUDIENCE"
	TokenAlgorithm    Code = "TOKEN_ALGORITHM"
	IssuerUnknown     Code = "ISSUER_UNKNOWN"
	MemberClaimAbsent Code = "MEMBER_CLAIM_ABSENT"
)

// Codes of state.
const (
	ResourceNotFound Code = "NOT_FOUND"
	AlreadyExists    Code = "ALREADY_EXISTS"
	RequestIDReused  Code = "REQUEST_ID_REUSED"
	BatchUndone      Code = "BATCH_UNDONE"
	WrongState       Code = "WRONG_STATE"
	StockShort       Code = "STOCK_SHORT"
	OutOfSeason      Code = "OUT_OF_SEASON"
	OfferReserved    Code = "OFFER_RESERVED"
	CapacityShort    Code = "CERT_CAPACITY"
	DisputeLate      Code = "DISPUTE_LATE"
	ApprovalLate     Code = "APPROVAL_LATE"
	PeriodNotEnded   Code = "PERIOD_NOT_ENDED"
	PeriodOutOfOrder Code = "PERIOD_OUT_OF_ORDER"
	StatementDiffers Code = "STATEMENT_DIFFERS"
	LineMismatch     Code = "LINE_MISMATCH"
	CycleOverlaps    Code = "CYCLE_OVERLAPS"
	CycleNotEnded    Code = "CYCLE_NOT_ENDED"
	CycleTooLarge    Code = "CYCLE_TOO_LARGE"
	ContractExceeded Code = "CONTRACT_EXCEEDED"
	ClaimOpen        Code = "CLAIM_OPEN"
	ClaimLate        Code = "CLAIM_LATE"
	GroupClosed      Code = "GROUP_CLOSED"
	GroupFull        Code = "GROUP_FULL"
	StandingCap      Code = "STANDING_CAP"
	StandingNoOffer  Code = "STANDING_NO_OFFER"
	StandingMissed   Code = "STANDING_MISSED"
	ReliefOpen       Code = "RELIEF_OPEN"
	DemandClosed     Code = "DEMAND_CLOSED"
	DemandAmended    Code = "DEMAND_AMENDED"
	DemandFull       Code = "DEMAND_FULL"
	QuotesSealed     Code = "QUOTES_SEALED"
	PayerLimit       Code = "PAYER_LIMIT"
)

// Codes of policy (design §9). The Rego under policies/ carries the same words.
const (
	NotMember               Code = "NOT_MEMBER"
	MemberSuspended         Code = "MEMBER_SUSPENDED"
	RoleMissing             Code = "ROLE_MISSING"
	NotYourOwn              Code = "NOT_YOUR_OWN"
	OutsideJurisdiction     Code = "OUTSIDE_JURISDICTION"
	NoGrant                 Code = "NO_GRANT"
	CertMissing             Code = "CERT_MISSING"
	CertNotInForce          Code = "CERT_NOT_IN_FORCE"
	CertExpiresBeforeArrive Code = "CERT_EXPIRES_BEFORE_DELIVERY"
	OriginMismatch          Code = "ORIGIN_MISMATCH"
	Not832Origin            Code = "NOT_832_ORIGIN"
	AgentNoMandate          Code = "AGENT_NO_MANDATE"
	ClassNotAllowed         Code = "CLASS_NOT_ALLOWED"
	RestrictedGoods         Code = "RESTRICTED_GOODS"
	IntraProvince           Code = "INTRA_PROVINCE"
	LotBlocked              Code = "LOT_BLOCKED"
	OverLimit               Code = "OVER_LIMIT"
	ReliefTerms             Code = "RELIEF_TERMS"
	PriceAboveReference     Code = "PRICE_ABOVE_REFERENCE"
	RateBelowRule           Code = "RATE_BELOW_RULE"
	PurposeNotCounted       Code = "PURPOSE_NOT_COUNTED"
	OwnCase                 Code = "OWN_CASE"
	FourEyes                Code = "FOUR_EYES"
	OwnLimit                Code = "OWN_LIMIT"
	PayerNoConsent          Code = "PAYER_NO_CONSENT"
	PairTagInvalid          Code = "PAIR_TAG_INVALID"
	PolicyUndefined         Code = "POLICY_UNDEFINED"
)

// Codes of the ledger. A transaction that breaks them is a defect of ours, which
// the database never sees (invariant I4).
const (
	LedgerEmpty      Code = "LEDGER_EMPTY"
	LedgerUnbalanced Code = "LEDGER_UNBALANCED"
	LedgerMeasure    Code = "LEDGER_MEASURE"
	LedgerOverflow   Code = "LEDGER_OVERFLOW"
)

// Codes of the machinery.
const (
	InternalError  Code = "INTERNAL"
	Contention     Code = "CONTENTION"
	QueueFull      Code = "QUEUE_FULL"
	WatchLimit     Code = "WATCH_LIMIT"
	DeadlinePassed Code = "DEADLINE_PASSED"
	StoreAway      Code = "STORE_UNAVAILABLE"
	CommitUnknown  Code = "COMMIT_UNKNOWN"
	ShuttingDown   Code = "SHUTTING_DOWN"

	DecisionLogAway Code = "DECISION_LOG_UNAVAILABLE"
)

// Codes of a database in regions.
const (
	RightMissing     Code = "RIGHT_MISSING"
	PlacementInvalid Code = "PLACEMENT_INVALID"
	PlacementRunning Code = "PLACEMENT_RUNNING"
	RegionsUnknown   Code = "ENGINE_WITHOUT_REGIONS"
	RegionNotPlaced  Code = "REGION_NOT_PLACED"
	SchemaTooOld     Code = "SCHEMA_TOO_OLD"
	SchemaTooNew     Code = "SCHEMA_TOO_NEW"
	ForwardLoop      Code = "FORWARD_LOOP"
)

// Codes of drills and of the demo in regions.
const (
	CockroachMissing  Code = "COCKROACH_MISSING"
	DemoElsewhere     Code = "DEMO_NOT_OURS"
	DrillInvalid      Code = "DRILL_INVALID"
	DrillUnready      Code = "DRILL_UNREADY"
	DrillInProduction Code = "DRILL_IN_PRODUCTION"
	DrillFailed       Code = "DRILL_FAILED"
)

type text struct {
	kind   Kind
	en, zh string
}

// texts is the one table of codes. Facts stand in braces.
var texts = map[Code]text{
	InvalidArgument:     {Invalid, "the request is not valid: {detail}", "请求无效:{detail}"},
	JSONInvalid:         {Invalid, "the body is not valid JSON for this call: {detail}", "请求体不是该接口的有效 JSON:{detail}"},
	UnknownField:        {Invalid, "unknown field {field}", "未知字段 {field}"},
	BodyTooLarge:        {Invalid, "the body is larger than {limit} bytes", "请求体超过 {limit} 字节"},
	BodyTooSlow:         {Deadline, "the body was not there within {limit}", "请求体未在 {limit} 内传完"},
	IDMalformed:         {Invalid, "{id} is not an id of this exchange", "{id} 不是本平台的标识"},
	TextInvalid:         {Invalid, "the text is empty, too long, not UTF-8 or has control characters", "文本为空、过长、不是 UTF-8 或含有控制字符"},
	PageSizeTooLarge:    {Invalid, "page_size {size} is over the limit of {limit}", "page_size {size} 超过上限 {limit}"},
	QueryInvalid:        {Invalid, "the query cannot be searched for: {rule}", "无法按该查询搜索:{rule}"},
	PageTokenInvalid:    {Invalid, "the page token does not belong to this list", "分页标记不属于该列表"},
	RequestIDTwice:      {Invalid, "request_id {request_id} is that of line {line} too", "request_id {request_id} 与第 {line} 行重复"},
	BatchSizeInvalid:    {Invalid, "a batch has 1 to {limit} lines, not {lines}", "一批须有 1 至 {limit} 行,而非 {lines} 行"},
	BatchMixed:          {Invalid, "a batch that is all or nothing is of one province: this line is of {province}, the first of {first}", "全部成功或全部失败的批次须属同一省份:此行属 {province},首行属 {first}"},
	RequestIDInvalid:    {Invalid, "request_id must be a UUID", "request_id 必须是 UUID"},
	QuantityInvalid:     {Invalid, "quantity {quantity} is not allowed here: it must be {rule}", "数量 {quantity} 不符合要求:{rule}"},
	QuantityNotMultiple: {Invalid, "quantity {quantity} is not a multiple of the sales unit of {unit}", "数量 {quantity} 不是销售规格 {unit} 的整数倍"},
	BelowMOQ:            {Invalid, "quantity {quantity} is below the minimum order of {moq}", "数量 {quantity} 低于起订量 {moq}"},
	PriceInvalid:        {Invalid, "the price is not allowed: {rule}", "价格不符合要求:{rule}"},
	AmountOverflow:      {Invalid, "quantity times price is larger than the exchange can count", "数量乘以单价超出平台可计范围"},
	CreditCodeInvalid:   {Invalid, "{code} is not a unified social credit code: {rule}", "{code} 不是有效的统一社会信用代码:{rule}"},
	DivisionNotValid:    {Invalid, "division {code} is not valid on {date}", "行政区划 {code} 在 {date} 无效"},
	DatesInvalid:        {Invalid, "the dates do not fit: {rule}", "日期不符合要求:{rule}"},
	JurisdictionInvalid: {Invalid, "the jurisdiction is not complete: {rule}", "管辖范围不完整:{rule}"},
	RoleInvalid:         {Invalid, "role {role} cannot be given here", "角色 {role} 不能在此授予"},
	KeySetInvalid:       {Invalid, "the key set cannot be used: {rule}", "密钥集不可用:{rule}"},
	SideInvalid:         {Invalid, "this needs an alliance or member of side {side}", "此处需要 {side} 一方的联盟或成员"},
	PaymentInvalid:      {Invalid, "the payment does not fit the order: {rule}", "付款与订单不符:{rule}"},
	LimitInvalid:        {Invalid, "the spending limit does not fit: {rule}", "采购限额不符合要求:{rule}"},
	ReservePlanInvalid:  {Invalid, "the reserve plan does not fit: {rule}", "预留份额填报不符合要求:{rule}"},
	AsOfInvalid:         {Invalid, "there is nothing to read as of {at}: {rule}", "{at} 时点无可查询内容:{rule}"},
	LotInvalid:          {Invalid, "the lot does not fit: {rule}", "批次不符:{rule}"},
	DisputeInvalid:      {Invalid, "the dispute does not fit the order: {rule}", "争议与订单不符:{rule}"},
	PeriodInvalid:       {Invalid, "{period} is no period of the ledger: {rule}", "{period} 不是账本的统计期:{rule}"},

	TargetInvalid:      {Invalid, "the target does not fit: {rule}", "协议任务不符合要求:{rule}"},
	TargetUnitUnknown:  {Invalid, "{unit} is no {kind} of {year}", "{unit} 在 {year} 年不是有效的 {kind}"},
	BankFileInvalid:    {Invalid, "the bank file cannot be taken: {rule}", "银行对账文件无法导入:{rule}"},
	BankAccountUnknown: {Invalid, "{account} is not an account of the exchange", "{account} 不是本平台的银行账户"},
	InvoiceInvalid:     {Invalid, "the invoice does not fit the order: {rule}", "发票与订单不符:{rule}"},
	GroupInvalid:       {Invalid, "the group buy does not fit: {rule}", "团购不符合要求:{rule}"},
	StandingInvalid:    {Invalid, "the standing order does not fit: {rule}", "常态化订单不符合要求:{rule}"},
	StandingUnbounded:  {Invalid, "a standing order needs an end and a cap: {missing} is missing", "常态化订单必须有截止日期和上限:缺少 {missing}"},
	ReliefPrice:        {Invalid, "the price before does not fit: {rule}", "原价不符合要求:{rule}"},
	DemandKeyInvalid:   {Invalid, "the key is not an X25519 key of age", "该密钥不是 age 的 X25519 密钥"},
	QuoteInvalid:       {Invalid, "the quote does not fit: {rule}", "报价不符合要求:{rule}"},
	QuoteDiffers:       {Invalid, "{what} is not what was committed to: its digest is not {kept}", "{what} 与当时承诺的不一致:其摘要不是 {kept}"},
	AwardInvalid:       {Invalid, "the award does not fit: {rule}", "定标不符合要求:{rule}"},
	BankCurrency:       {Invalid, "the bank file is in {currency}, and the exchange counts CNY", "对账文件币种为 {currency},本平台只记人民币"},
	ConsentInvalid:     {Invalid, "the consent does not fit: {rule}", "付款授权不符合要求:{rule}"},
	PairTagsOverlap:    {Invalid, "an order is made for one pair at most, not for {tags}", "一笔订单至多归属一个结对,而非 {tags} 个"},
	IntentInvalid:      {Invalid, "the intent does not fit: {rule}", "采购意向不符合要求:{rule}"},
	ContractInvalid:    {Invalid, "the contract does not fit: {rule}", "订单农业合同不符合要求:{rule}"},

	ProofInvalid:      {Invalid, "the proof does not hold: {rule}", "证明不成立:{rule}"},
	CheckpointInvalid: {Invalid, "the checkpoint does not hold: {rule}", "检查点不成立:{rule}"},
	SealKeyInvalid:    {Invalid, "the exchange's public keys cannot be read: {rule}", "无法读取交易所公钥:{rule}"},
	LedgerDiffers:     {Conflict, "the ledger differs from what was sealed: {difference}", "账本与封存内容不符:{difference}"},
	SubmissionInvalid: {Invalid, "the submission does not hold: {rule}", "上报材料不成立:{rule}"},
	SigningKeyAway:    {Unavailable, "this server has no signing key, with which submissions are signed", "本服务器没有签名密钥,无法签署上报材料"},
	NotSealed:         {Conflict, "{what} is not sealed yet; try again in a moment", "{what} 尚未封存,请稍后重试"},

	TokenMissing:      {Unauthenticated, "a bearer token is required", "需要访问令牌"},
	TokenInvalid:      {Unauthenticated, "the token cannot be verified", "访问令牌无法验证"},
	TokenExpired:      {Unauthenticated, "the token has expired", "访问令牌已过期"},
	TokenNotYetValid:  {Unauthenticated, "the token is not valid yet", "访问令牌尚未生效"},
	TokenAudience:     {Unauthenticated, "the token is not meant for this exchange", "访问令牌的受众不是本平台"},
	TokenAlgorithm:    {Unauthenticated, "the token's algorithm is not accepted", "访问令牌的签名算法不被接受"},
	IssuerUnknown:     {Unauthenticated, "the token's issuer is not registered here", "访问令牌的签发方未在本平台登记"},
	MemberClaimAbsent: {Unauthenticated, "a token of an alliance must name a member of that alliance", "联盟签发的令牌必须写明该联盟的成员单位"},

	ResourceNotFound: {NotFound, "{noun} {id} does not exist or is not visible to you", "{noun} {id} 不存在或您无权查看"},
	AlreadyExists:    {Exists, "{noun} {id} exists already", "{noun} {id} 已存在"},
	BatchUndone:      {Conflict, "another line of the batch failed, and it is all or nothing: nothing was done", "该批次要求全部成功,因其他行失败而未执行任何一行"},
	RequestIDReused:  {Conflict, "request_id {request_id} was used before with other content", "request_id {request_id} 已用于其他内容的请求"},
	WrongState:       {Conflict, "{noun} {id} is {state}; {step} is not possible", "{noun} {id} 处于 {state} 状态,不能执行 {step}"},
	StockShort:       {Conflict, "only {remaining} of {asked} are left on offer {offer}", "供货挂牌 {offer} 余量为 {remaining},不足 {asked}"},
	OutOfSeason:      {Conflict, "the offer can be ordered from {from} to {to}", "该挂牌的可订购期为 {from} 至 {to}"},
	OfferReserved:    {Conflict, "offer {offer} belongs to way {way} {id}: it is ordered from and ends by that alone", "供货挂牌 {offer} 属于 {way} {id},仅可由其订购和终止"},
	CapacityShort:    {Denied, "certificate {certificate} has {quantity} base units and {value_fen} fen of its annual capacity left", "认定 {certificate} 的年度剩余额度为 {quantity} 基本单位、{value_fen} 分"},
	ApprovalLate:     {Conflict, "order {id} could be approved until {until}", "订单 {id} 须在 {until} 前审批"},
	DisputeLate:      {Conflict, "the goods were accepted on {accepted} and could be disputed until {until}", "货物于 {accepted} 验收,争议须在 {until} 前提出"},
	StatementDiffers: {Conflict, "{what} was imported before and says something else now", "{what} 曾导入过,与本次内容不一致"},
	CycleOverlaps:    {Conflict, "cycle {cycle} of these alliances is from {from} to {to}", "该联盟结对的结算周期 {cycle} 为 {from} 至 {to}"},
	CycleNotEnded:    {Conflict, "cycle {cycle} can be matched from {from} on", "结算周期 {cycle} 自 {from} 起方可核对"},
	CycleTooLarge:    {Conflict, "cycle {cycle} has more than {limit} orders or waiting lines; settle shorter spans", "结算周期 {cycle} 的订单或待核流水超过 {limit},请缩短周期"},
	GroupClosed:      {Conflict, "group {group} closed at {at}; {step} is not possible", "团购 {group} 已于 {at} 截止,不能执行 {step}"},
	GroupFull:        {Conflict, "group {group} has {limit} members, which is the limit", "团购 {group} 的参与单位已达上限 {limit} 家"},
	StandingCap:      {Conflict, "standing order {id} has ordered {ordered} base units for {ordered_fen} fen; {quantity} more for {amount_fen} fen are beyond its cap", "常态化订单 {id} 已订购 {ordered} 基本单位、{ordered_fen} 分,再订 {quantity} 基本单位、{amount_fen} 分将超出上限"},
	StandingNoOffer:  {Conflict, "seller {seller} has no open offer of product {product}", "卖方 {seller} 没有产品 {product} 的在售挂牌"},
	StandingMissed:   {Conflict, "the run planned for {day} was not made before the next one was due, or the order was changed", "计划于 {day} 的订购未能在下一次到期或订单变更之前执行"},
	ReliefOpen:       {Conflict, "offer {offer} is declared for the relief zone by {id} until {until}; amend or withdraw that", "供货挂牌 {offer} 已由 {id} 申报进入保供给防滞销专区至 {until},请变更或撤回该申报"},
	DemandClosed:     {Conflict, "demand {demand} closed at {at}; {step} is not possible", "询价单 {demand} 已于 {at} 截止,不能执行 {step}"},
	DemandAmended:    {Conflict, "demand {demand} was amended and is at revision {revision}; the quote is for revision {quoted}", "询价单 {demand} 已变更为第 {revision} 版,该报价针对第 {quoted} 版"},
	DemandFull:       {Conflict, "demand {demand} has {limit} quotes, which is the limit", "询价单 {demand} 的报价已达上限 {limit} 份"},
	QuotesSealed:     {Conflict, "the quotes on demand {demand} are sealed until {at}", "询价单 {demand} 的报价在 {at} 截止前保密"},
	LineMismatch:     {Conflict, "bank line {line} does not fit {order}: {mismatch}", "银行流水 {line} 与 {order} 不符:{mismatch}"},

	ContractExceeded: {Conflict, "contract {contract} has {left} of its quantity and tolerance left, not {asked}", "合同 {contract} 的数量(含允差)剩余 {left},不足 {asked}"},
	ClaimOpen:        {Conflict, "contract {contract} has an open claim of {kind} by its {by}", "合同 {contract} 已有 {by} 提出的 {kind} 主张待处理"},
	PayerLimit:       {Conflict, "payer {payer} has consented to {left_fen} fen more at most", "付款方 {payer} 的授权余额为 {left_fen} 分"},
	ClaimLate:        {Conflict, "claims on contract {contract} could be made until {until}", "合同 {contract} 的主张须在 {until} 前提出"},

	PeriodNotEnded:   {Conflict, "period {period} can be closed from {from} on", "统计期 {period} 自 {from} 起方可关闭"},
	PeriodOutOfOrder: {Conflict, "period {period} is closed after {earlier}, which is {state}", "统计期 {period} 须在 {earlier} 之后关闭,后者处于 {state} 状态"},

	NotMember:               {Denied, "{subject} does not act for a member of an alliance", "{subject} 不代表任何联盟的成员单位"},
	MemberSuspended:         {Denied, "member {member} is not active", "成员单位 {member} 已暂停或退出"},
	RoleMissing:             {Denied, "{action} needs one of the roles {roles}", "{action} 需要以下角色之一:{roles}"},
	NotYourOwn:              {Denied, "{action} is for the {owner} only", "{action} 只限 {owner} 本身"},
	OutsideJurisdiction:     {Denied, "{division} is outside your jurisdiction", "{division} 不在您的管辖范围"},
	NoGrant:                 {Denied, "seller alliance {seller_alliance} has given buyer alliance {buyer_alliance} no grant in force", "卖方联盟 {seller_alliance} 未向买方联盟 {buyer_alliance} 授权或授权已失效"},
	CertMissing:             {Denied, "the product has no certificate", "产品没有认定"},
	CertNotInForce:          {Denied, "certificate {certificate} is {state}, not in force on {date}", "认定 {certificate} 状态为 {state},在 {date} 无效"},
	CertExpiresBeforeArrive: {Denied, "certificate {certificate} ends on {last_day}, before the promised delivery on {promised_day}", "认定 {certificate} 于 {last_day} 到期,早于承诺交货日 {promised_day}"},
	OriginMismatch:          {Denied, "the product's origin {product_origin} is not the certificate's county {certificate_origin}", "产品产地 {product_origin} 与认定县区 {certificate_origin} 不符"},
	Not832Origin:            {Denied, "goods of {origin} do not fill a reserve: it is not one of the 832 counties", "{origin} 不属于 832 个脱贫县,其产品不能计入预留份额"},
	AgentNoMandate:          {Denied, "agent {agent} holds no mandate of producer {producer} in force", "代理商 {agent} 没有生产者 {producer} 的有效委托"},
	ClassNotAllowed:         {Denied, "class {class} may not do this: {rule}", "类别 {class} 不得进行此操作:{rule}"},
	RestrictedGoods:         {Denied, "{category} is restricted for buyer class {buyer_class}: {rule}", "{category} 对 {buyer_class} 类买方受限:{rule}"},
	ReliefTerms:             {Denied, "the terms of the relief zone are not met: {term} is {is}, and must be {rule}", "未达到保供给防滞销专区的条件:{term} 为 {is},要求 {rule}"},
	OverLimit:               {Denied, "{amount_fen} fen is more than the {limit_fen} fen that the spending limits leave", "{amount_fen} 分超过采购限额剩余的 {limit_fen} 分"},
	PayerNoConsent:          {Denied, "payer {payer} has not consented to pay for {buyer}", "付款方 {payer} 未授权 {buyer} 由其付款"},
	PairTagInvalid:          {Denied, "tag {tag} is no pair of this buyer and these goods in force", "结对标签 {tag} 不是该买方与该产品的有效结对"},
	LotBlocked:              {Denied, "lot {code} ({lot}) is blocked", "批次 {code}({lot})已被封存"},
	IntraProvince:           {Denied, "seller and consignee are both in province {province}", "卖方与收货方同在 {province} 省内"},
	PriceAboveReference:     {Denied, "{price_fen} fen is above the reference of {reference_fen} fen", "价格 {price_fen} 分高于参考价 {reference_fen} 分"},
	RateBelowRule:           {Denied, "the reserve of {year} is at least {minimum} basis points; {rate} are below it", "{year} 年预留比例不低于万分之 {minimum},填报的万分之 {rate} 过低"},
	PurposeNotCounted:       {Denied, "an order for {purpose} of class {class} does not count to this reserve", "{class} 类单位用途为 {purpose} 的订单不计入该预留份额"},
	OwnCase:                 {Denied, "a {party} may end a dispute for the other side only, not as {outcome}", "{party} 只能作出有利于对方的处理,不能选择 {outcome}"},
	FourEyes:                {Denied, "{action} of {noun} {id} needs a second person: you took the step before it", "{noun} {id} 的 {action} 须由另一人办理:前一步骤由您完成"},
	OwnLimit:                {Denied, "nobody sets or ends a limit that binds himself", "任何人不得设定或终止约束其本人的限额"},
	PolicyUndefined:         {Denied, "the policy gives no decision for {action}", "策略对 {action} 没有给出决定"},

	LedgerEmpty:      {Internal, "a ledger transaction needs two entries or more", "记账凭证至少需要两条分录"},
	LedgerUnbalanced: {Internal, "the entries of a ledger transaction do not add up to zero", "记账凭证的分录借贷不平"},
	LedgerMeasure:    {Internal, "an entry's measure is not its amount", "分录的计量与金额不一致"},
	LedgerOverflow:   {Internal, "a sum of the ledger is beyond what can be counted", "账簿合计超出可计范围"},

	RightMissing:     {Conflict, "the database user lacks a right: {right}", "数据库用户缺少权限:{right}"},
	PlacementInvalid: {Invalid, "the database cannot be placed like this: {rule}", "数据库不能按此方式分布:{rule}"},
	PlacementRunning: {Conflict, "the database is being placed by another run since {since}; wait until it has ended, or until {until} if it has died", "另一进程自 {since} 起正在调整数据库分布;请等待其结束,若其已中断则等待至 {until}"},
	RegionsUnknown:   {Conflict, "{engine} has no regions: a database is placed on CockroachDB; here everything runs without it", "{engine} 不支持区域:只有 CockroachDB 能分布数据;其他功能不受影响"},
	RegionNotPlaced:  {Conflict, "this server is to run in {region}, which is none of the regions of the database: {regions}; give --region one of them, or add it with sushaand migrate regions", "本服务器的区域 {region} 不在数据库的区域之列:{regions};请用 --region 指定其中之一,或用 sushaand migrate regions 加入该区域"},
	SchemaTooOld:     {Conflict, "the database's schema is too old: {pending} migrations are pending; run sushaand migrate up", "数据库结构过旧:还有 {pending} 个迁移未执行;请运行 sushaand migrate up"},
	SchemaTooNew:     {Conflict, "the database's schema is at version {version} and this program knows {known}: use a newer program", "数据库结构版本为 {version},本程序只支持到 {known}:请使用更新的程序"},
	ForwardLoop:      {Conflict, "gateway {gateway} was handed a write that it had handed out itself: its address is given to another", "网关 {gateway} 收到了它自己转出的写请求:其地址被误配给其他网关"},

	DemoElsewhere:     {Conflict, "the database holds an exchange that the demo of {folder} did not make, and would put its people and keys into: give another database, or by --data-dir the folder that made it", "数据库中已有并非由 {folder} 的演示建立的交易所,演示会写入自己的成员和密钥:请换一个数据库,或用 --data-dir 指定建立它的目录"},
	CockroachMissing:  {Conflict, "regions need a cockroach binary, v24.3 or newer ({why}): take one from https://www.cockroachlabs.com/docs/releases, put it on PATH or name it in COCKROACH_BINARY", "多区域需要 cockroach 程序 v24.3 或更高版本({why}):请从 https://www.cockroachlabs.com/docs/releases 获取,放入 PATH 或在 COCKROACH_BINARY 中指明"},
	DrillInvalid:      {Invalid, "the drill cannot be done like this: {rule}", "演练不能这样进行:{rule}"},
	DrillUnready:      {Unavailable, "gateway {gateway} does not serve: {why}", "网关 {gateway} 未在服务:{why}"},
	DrillInProduction: {Conflict, "gateway {gateway} says that it is production: nothing was touched", "网关 {gateway} 标明为生产环境:未作任何改动"},
	DrillFailed:       {Internal, "the drill failed: {why}", "演练未通过:{why}"},

	InternalError:   {Internal, "an internal error; the request id is in the response headers", "内部错误;请求编号见响应头"},
	Contention:      {Aborted, "too much concurrent work on the same rows; try again", "同一数据并发过多,请重试"},
	QueueFull:       {Exhausted, "too many requests are waiting; try again later", "排队请求过多,请稍后重试"},
	WatchLimit:      {Exhausted, "you have {limit} watches open, which is the limit", "您已打开 {limit} 个订阅,达到上限"},
	DeadlinePassed:  {Deadline, "the request's time ran out before it was done", "请求超时未完成"},
	StoreAway:       {Unavailable, "the database cannot be reached; try again", "数据库暂不可达,请重试"},
	CommitUnknown:   {Unavailable, "it is not known whether the write was committed; repeat it with the same request_id", "无法确认写入是否提交;请以相同 request_id 重试"},
	DecisionLogAway: {Unavailable, "the decision log cannot be written, without which no money is moved and no period closed; try again", "策略决定日志无法写入,资金与关账操作已停止,请重试"},

	ShuttingDown: {Unavailable, "the server is shutting down; try again", "服务正在关闭,请重试"},
}
