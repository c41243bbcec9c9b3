"""What the retailer's English words are called in the Chinese ERPs."""

DEPARTMENTS = {
    "AUTOMOTIVE": "汽车用品",
    "CHARITABLE CONT": "公益捐赠",
    "CHEF SHOPPE": "主厨现做",
    "CNTRL/STORE SUP": "门店耗材",
    "COSMETICS": "美妆",
    "COUPON": "优惠券",
    "DELI": "熟食",
    "DRUG GM": "药妆百货",
    "ELECT &PLUMBING": "五金水电",
    "FLORAL": "鲜花",
    "FROZEN GROCERY": "冷冻食品",
    "FUEL": "燃油",
    "GARDEN CENTER": "园艺",
    "GM MERCH EXP": "百货",
    "GROCERY": "食品杂货",
    "HOUSEWARES": "家居用品",
    "MEAT": "鲜肉",
    "MEAT-PCKGD": "包装肉类",
    "MISCELLANEOUS": "其他",
    "NUTRITION": "营养品",
    "PASTRY": "烘焙糕点",
    "PHOTO & VIDEO": "摄影影像",
    "POSTAL CENTER": "邮政服务",
    "PROD-WHS SALES": "仓储直销",
    "PRODUCE": "果蔬",
    "RESTAURANT": "餐饮",
    "SALAD BAR": "沙拉吧",
    "SEAFOOD": "海鲜",
    "SEAFOOD-PCKGD": "包装海鲜",
    "SPIRITS": "酒水",
    "TOYS": "玩具",
    "TRAVEL & LEISURE": "旅行休闲",
}
UNKNOWN_DEPARTMENT = "其他"

BRANDS = {"National": "全国品牌", "Private": "自有品牌"}

WAREHOUSES = ("华东中心仓", "华南中心仓", "华北中心仓", "华中中心仓", "西南中心仓")

DISTRIBUTORS = ("华东直营", "华南经销", "华北经销", "西部联营")

REMARKS = (
    "请放门口",
    "易碎品，轻拿轻放",
    "送货前请先电话联系",
    '客户要求：外箱贴"生鲜"标签',
    "发票抬头：个人",
    "与上一单合并，一起送",
    "周末不收货,工作日送",
    "放快递柜&发短信通知",
    "第一行：门卫代收\n第二行：勿按门铃",
    "ＶＩＰ客户（全角）优先处理",
    "客户说'不要塑料袋'",
    "缺货可换同类商品 <需电话确认>",
)
"""Every tenth document has one: with quotes, commas, a new line, full-width letters and an ampersand among them."""
